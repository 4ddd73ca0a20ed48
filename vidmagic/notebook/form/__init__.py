"""The form: `form` starts jobs, `draft` checks the request, `widgets`, `fields` and `input_field` show it."""
