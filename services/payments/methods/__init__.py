"""The methods on the bus, one class a subject; `services.payments.service.Service` is all of them."""
