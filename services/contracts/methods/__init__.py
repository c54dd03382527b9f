"""The methods on the bus, one class a subject; `services.contracts.service.Service` is all of them."""
