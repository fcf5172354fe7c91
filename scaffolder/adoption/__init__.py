"""An existing project comes under the template: read, merged with what the template needs, recorded."""
