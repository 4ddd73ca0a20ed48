"""Tables about models, costs and this installation."""
