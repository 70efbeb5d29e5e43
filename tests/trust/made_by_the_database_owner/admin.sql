DO $$BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO {owner}', current_database()); END$$;
