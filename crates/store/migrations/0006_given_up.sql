-- The few messages that were given up and can still be read: asked for often, and not to be looked for among all others.
CREATE INDEX message_given_up ON message (clinic_id, created_at) WHERE state = 'failed' AND body_text <> '';
