-- expect: different publication news: via root
ALTER PUBLICATION news SET (publish_via_partition_root = true);
