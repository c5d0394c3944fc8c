"""The platform: GeoDjango on PostGIS. Only this half of the package knows Django."""
