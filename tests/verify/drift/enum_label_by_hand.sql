-- expect: different type mood: labels
ALTER TYPE mood ADD VALUE 'angry' BEFORE 'sad';
