"""What lies ahead: simulations of study, the way to a day, due days reckoned anew."""
