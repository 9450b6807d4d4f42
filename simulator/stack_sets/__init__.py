"""CloudFormation StackSets with permissions of the organisation (service-managed), as far as our own needs them."""
