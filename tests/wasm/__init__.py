"""Stand-ins for the WebAssembly SDK's downloads, so that generated projects are built here from package registries."""
