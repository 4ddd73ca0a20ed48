"""The form: `form` starts jobs, `draft` checks the request, `widgets`, `fields` and `image_field` show it."""
