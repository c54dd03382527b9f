from chassis.settings import Settings

__all__ = ["Settings"]
