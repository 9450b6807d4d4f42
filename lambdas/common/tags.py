"""Tags that are AWS's own, and say whose a resource is."""

STACK_TAG = "aws:cloudformation:stack-name"
"""CloudFormation tags what it makes with it, and nobody else can (user guide, "Resource tag")."""
