"""The verifier: steps of a proof derived anew, two models of a refusal compared, by code of its own."""
