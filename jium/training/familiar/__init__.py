"""Training for people who come from `transformers.Trainer`: its names, over jium's own loop."""
