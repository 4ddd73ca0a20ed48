"""What a request is: parameters, models, requests and events. Plain data, no I/O."""
