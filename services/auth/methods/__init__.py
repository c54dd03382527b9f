"""The methods on the bus, one class a subject; `services.auth.service.Service` is all of them."""
