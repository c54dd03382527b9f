"""The methods on the bus, one class a subject; `services.sim.service.Service` is all of them."""
