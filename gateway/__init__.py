"""The web edge: JSON API and pages. It holds sessions, languages and formats, and no rule of the domain."""
