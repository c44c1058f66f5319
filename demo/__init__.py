"""A conversation of three scripted users: ``make demo``, and the demo services of docker-compose.yml."""
