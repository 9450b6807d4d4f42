"""The operator's command line, `poolwarden`: over the same gather and plan as the functions, and what is deployed."""
