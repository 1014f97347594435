-- Appends to both logs in one statement, so that a node can send it together with its
-- COMMIT: everybody who writes queues at the heads, and nobody is to wait there while an
-- answer travels to another node. Returns the last position of the changelog.
CREATE FUNCTION append_to_logs(changes TEXT[], events TEXT[]) RETURNS BIGINT
LANGUAGE plpgsql AS $$
DECLARE
    last_position BIGINT;
    last_chain    BYTEA;
    entry         TEXT;
BEGIN
    -- Both at once, so that no two transactions wait for each other's log. Each statement
    -- of this function sees what was committed before it, so also while this one waited.
    PERFORM FROM chain_heads ORDER BY log FOR UPDATE;

    SELECT position, chain INTO STRICT last_position, last_chain
        FROM chain_heads WHERE log = 'audit';
    FOREACH entry IN ARRAY events LOOP
        last_position := last_position + 1;
        last_chain := sha256(last_chain || int8send(last_position) || convert_to(entry, 'UTF8'));
        INSERT INTO audit_events (position, chain, body)
            VALUES (last_position, last_chain, entry);
    END LOOP;
    IF cardinality(events) > 0 THEN
        UPDATE chain_heads SET position = last_position, chain = last_chain WHERE log = 'audit';
    END IF;

    SELECT position, chain INTO STRICT last_position, last_chain
        FROM chain_heads WHERE log = 'changelog';
    FOREACH entry IN ARRAY changes LOOP
        last_position := last_position + 1;
        last_chain := sha256(last_chain || int8send(last_position) || convert_to(entry, 'UTF8'));
        INSERT INTO changelog (position, chain, body)
            VALUES (last_position, last_chain, entry);
    END LOOP;
    IF cardinality(changes) > 0 THEN
        UPDATE chain_heads SET position = last_position, chain = last_chain WHERE log = 'changelog';
    END IF;
    RETURN last_position;
END
$$;
