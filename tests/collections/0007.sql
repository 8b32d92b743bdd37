BEGIN TRANSACTION;
CREATE TABLE cards (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	note_id INTEGER NOT NULL, 
	ordinal SMALLINT NOT NULL, 
	deck_id INTEGER NOT NULL, 
	state SMALLINT NOT NULL, 
	step SMALLINT, 
	due BIGINT NOT NULL, 
	stability FLOAT, 
	difficulty FLOAT, 
	last_review BIGINT, 
	reps INTEGER NOT NULL, 
	lapses INTEGER NOT NULL, 
	suspended BOOLEAN NOT NULL, 
	retired BOOLEAN NOT NULL, 
	buried_until BIGINT, own_tags JSON DEFAULT '[]' NOT NULL, 
	CONSTRAINT fk_cards_note_id FOREIGN KEY(note_id) REFERENCES notes (id), 
	CONSTRAINT fk_cards_deck_id FOREIGN KEY(deck_id) REFERENCES decks (id)
);
INSERT INTO "cards" VALUES(1,1,0,1,1,1,1777880400000007,2.3065,2.11810397045901588342e+00,1777879800000007,1,0,0,0,NULL,'[]');
INSERT INTO "cards" VALUES(2,2,0,2,2,NULL,1778558400000000,8.2956,1.0,1777879860000007,1,0,0,0,NULL,'["leech"]');
INSERT INTO "cards" VALUES(3,3,0,3,1,0,1777879980000007,0.212,6.4133,1777879920000007,1,0,0,1,NULL,'[]');
CREATE TABLE decks (
	id INTEGER NOT NULL, 
	name VARCHAR(500) NOT NULL, options JSON, 
	CONSTRAINT pk_decks PRIMARY KEY (id), 
	CONSTRAINT uq_decks_name UNIQUE (name)
);
INSERT INTO "decks" VALUES(1,'ferry/again','{"new_per_day": 5}');
INSERT INTO "decks" VALUES(2,'ferry/ferry',NULL);
INSERT INTO "decks" VALUES(3,'ferry/harbour',NULL);
CREATE TABLE documents (
	id INTEGER NOT NULL, 
	path TEXT NOT NULL, 
	deck_id INTEGER NOT NULL, 
	digest BLOB NOT NULL, 
	imported_at BIGINT NOT NULL, 
	CONSTRAINT pk_documents PRIMARY KEY (id), 
	CONSTRAINT uq_documents_path UNIQUE (path), 
	CONSTRAINT fk_documents_deck_id FOREIGN KEY(deck_id) REFERENCES decks (id)
);
INSERT INTO "documents" VALUES(1,'/notes/ferry/again.md',1,X'CEBFEAF02395E7B444B7ACAC7D9C268E',1777879800000000);
INSERT INTO "documents" VALUES(2,'/notes/ferry/ferry.md',2,X'C3589E6769BC9287F8E9917F00E7D378',1777879800000000);
INSERT INTO "documents" VALUES(3,'/notes/ferry/harbour.md',3,X'',1777966200000000);
CREATE TABLE echoes (
	id INTEGER NOT NULL, 
	note_id INTEGER NOT NULL, 
	document_id INTEGER NOT NULL, 
	line INTEGER NOT NULL, 
	CONSTRAINT pk_echoes PRIMARY KEY (id), 
	CONSTRAINT fk_echoes_note_id FOREIGN KEY(note_id) REFERENCES notes (id), 
	CONSTRAINT fk_echoes_document_id FOREIGN KEY(document_id) REFERENCES documents (id)
);
INSERT INTO "echoes" VALUES(1,1,2,6);
CREATE TABLE import_rows (
	id INTEGER NOT NULL, 
	import_id INTEGER NOT NULL, 
	table_name VARCHAR(20) NOT NULL, 
	first_id INTEGER NOT NULL, 
	last_id INTEGER NOT NULL, 
	"before" JSON, 
	CONSTRAINT pk_import_rows PRIMARY KEY (id), 
	CONSTRAINT fk_import_rows_import_id FOREIGN KEY(import_id) REFERENCES imports (id)
);
CREATE TABLE imports (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	imported_at BIGINT NOT NULL, 
	last_review INTEGER NOT NULL, 
	added INTEGER NOT NULL, 
	edited INTEGER NOT NULL, 
	moved INTEGER NOT NULL, 
	revived INTEGER NOT NULL, 
	retired INTEGER NOT NULL
, what TEXT);
CREATE TABLE notes (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	document_id INTEGER, 
	line INTEGER NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	prompt TEXT NOT NULL, 
	answer TEXT NOT NULL, 
	items JSON NOT NULL, 
	tags JSON NOT NULL, 
	topic TEXT NOT NULL, 
	heading TEXT NOT NULL, 
	rule TEXT NOT NULL, 
	anchor TEXT, 
	digest BLOB NOT NULL, 
	front_digest BLOB NOT NULL, 
	CONSTRAINT fk_notes_document_id FOREIGN KEY(document_id) REFERENCES documents (id)
);
INSERT INTO "notes" VALUES(1,1,6,'phrase','On the ferry › Buying a ticket: “O…”, 6 words','One way to the island, please.','[]','[]','On the ferry','Buying a ticket','phrases',NULL,X'9F75484967484EC7B10EDBFB4E5D2A09',X'68ECF71812FD6F371E1E37A02F9A4884');
INSERT INTO "notes" VALUES(2,2,7,'phrase','On the ferry › Buying a ticket: “D…”, 9 words','Does the bicycle need a ticket of its own?','[]','[]','On the ferry','Buying a ticket','phrases',NULL,X'5072D5BB925CDBCE3B621D762089BFE1',X'68ECF71812FD6F371E1E37A02F9A4884');
INSERT INTO "notes" VALUES(3,3,3,'themes','Why do you work nights?','- The harbour is quiet
- Ships keep no hours','["The harbour is quiet", "Ships keep no hours"]','[]','Harbour','Why do you work nights?','key themes',NULL,X'B90186ED390E2A1D373F4FA1CD5D9DC8',X'94615F85DD845DB94D29EF11799D0BEF');
CREATE TABLE parameters (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	fitted_at BIGINT NOT NULL, 
	deck_id INTEGER, 
	model VARCHAR(20) NOT NULL, 
	numbers JSON, 
	reviews INTEGER NOT NULL, 
	log_loss_before FLOAT, 
	log_loss_after FLOAT, 
	CONSTRAINT fk_parameters_deck_id FOREIGN KEY(deck_id) REFERENCES decks (id)
);
INSERT INTO "parameters" VALUES(1,1777966300000000,1,'fsrs-6','[0.3, 1.2, 2.4, 8.1, 6.4, 0.8, 3.0, 0.002, 1.9, 0.17, 0.8, 1.5, 0.06, 0.26, 1.65, 0.6, 1.87, 0.54, 0.09, 0.07, 0.15]',3,0.41,0.39);
CREATE TABLE plans (
	id INTEGER NOT NULL, 
	made_at BIGINT NOT NULL, 
	deck_id INTEGER, 
	first_day INTEGER NOT NULL, 
	day INTEGER NOT NULL, 
	recall FLOAT NOT NULL, 
	least FLOAT NOT NULL, 
	new_per_day INTEGER NOT NULL, 
	new_cards INTEGER NOT NULL, 
	minutes FLOAT NOT NULL, 
	predicted FLOAT NOT NULL, 
	CONSTRAINT pk_plans PRIMARY KEY (id), 
	CONSTRAINT fk_plans_deck_id FOREIGN KEY(deck_id) REFERENCES decks (id)
);
INSERT INTO "plans" VALUES(1,1777966400000000,2,739741,739771,0.95,0.9,4,12,15.5,0.96);
CREATE TABLE revlog (
	id INTEGER NOT NULL, 
	card_id INTEGER NOT NULL, 
	reviewed_at BIGINT NOT NULL, 
	day INTEGER NOT NULL, 
	rating SMALLINT NOT NULL, 
	seconds FLOAT NOT NULL, 
	state_before SMALLINT NOT NULL, 
	step_before SMALLINT, 
	due_before BIGINT NOT NULL, 
	stability_before FLOAT, 
	difficulty_before FLOAT, 
	last_review_before BIGINT, 
	lapses_before INTEGER NOT NULL, 
	elapsed_days INTEGER, 
	scheduled_days FLOAT, 
	retrievability FLOAT, card_before JSON, 
	CONSTRAINT pk_revlog PRIMARY KEY (id), 
	CONSTRAINT fk_revlog_card_id FOREIGN KEY(card_id) REFERENCES cards (id)
);
INSERT INTO "revlog" VALUES(1,1,1777879800000007,739740,3,4.25,1,0,1777879800000000,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "revlog" VALUES(2,2,1777879860000007,739740,4,4.25,1,0,1777879800000000,NULL,NULL,NULL,0,NULL,NULL,NULL,'{"own_tags": []}');
INSERT INTO "revlog" VALUES(3,3,1777879920000007,739740,1,4.25,1,0,1777879800000000,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL);
CREATE TABLE srs_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT srs_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "srs_version" VALUES('0007');
CREATE TABLE ticks (
	id INTEGER NOT NULL, 
	review_id INTEGER NOT NULL, 
	item TEXT NOT NULL, 
	covered BOOLEAN NOT NULL, 
	CONSTRAINT pk_ticks PRIMARY KEY (id), 
	CONSTRAINT fk_ticks_review_id FOREIGN KEY(review_id) REFERENCES revlog (id)
);
INSERT INTO "ticks" VALUES(1,1,'Rope first',1);
INSERT INTO "ticks" VALUES(2,1,'Then the plank',0);
CREATE INDEX ix_notes_document_id ON notes (document_id);
CREATE INDEX ix_notes_digest ON notes (digest);
CREATE INDEX ix_notes_front_digest ON notes (front_digest);
CREATE INDEX ix_echoes_note_id ON echoes (note_id);
CREATE INDEX ix_echoes_document_id ON echoes (document_id);
CREATE UNIQUE INDEX uq_cards_note_id_ordinal ON cards (note_id, ordinal);
CREATE INDEX ix_cards_new ON cards (due, id) WHERE suspended IS 0 AND retired IS 0 AND last_review IS NULL;
CREATE INDEX ix_cards_new_by_deck ON cards (deck_id, due, id) WHERE suspended IS 0 AND retired IS 0 AND last_review IS NULL;
CREATE INDEX ix_revlog_card_id ON revlog (card_id);
CREATE INDEX ix_import_rows_import_id ON import_rows (import_id);
CREATE INDEX ix_documents_deck_id ON documents (deck_id);
CREATE INDEX ix_cards_deck_id ON cards (deck_id);
CREATE INDEX ix_ticks_review_id ON ticks (review_id);
CREATE INDEX ix_cards_queue ON cards (state, due, id, last_review, stability, note_id, buried_until) WHERE suspended IS 0 AND retired IS 0 AND last_review IS NOT NULL;
CREATE INDEX ix_cards_queue_by_deck ON cards (deck_id, state, due, id, last_review, stability, note_id, buried_until) WHERE suspended IS 0 AND retired IS 0 AND last_review IS NOT NULL;
CREATE INDEX ix_parameters_deck_id ON parameters (deck_id);
CREATE INDEX ix_revlog_figures ON revlog (day, state_before, rating, scheduled_days, seconds);
CREATE INDEX ix_plans_deck_id ON plans (deck_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('notes',3);
INSERT INTO "sqlite_sequence" VALUES('cards',3);
INSERT INTO "sqlite_sequence" VALUES('parameters',1);
COMMIT;
