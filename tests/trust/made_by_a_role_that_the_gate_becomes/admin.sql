ALTER ROLE {gate} SET role = {owner};
