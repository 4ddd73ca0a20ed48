"""The gateway's endpoint /v1/responses: how jobs are submitted and polled there, whatever the model."""
