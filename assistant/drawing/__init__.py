"""The pen: boxes on screenshots and flowcharts, drawn without a model."""
