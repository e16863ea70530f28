"""What to minimise, by the name a recipe gives it."""

OBJECTIVES = {"translation": "jium.objectives.translation:Translation"}
