PRAGMA application_id = 1835627122;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE finding (
            id INTEGER PRIMARY KEY, series INTEGER NOT NULL, fingerprint BLOB NOT NULL, nth INTEGER NOT NULL,
            UNIQUE (series, fingerprint, nth));
INSERT INTO "finding" VALUES(1,1,X'00112233445566778899',0);
INSERT INTO "finding" VALUES(2,1,X'00112233445566778899',1);
CREATE TABLE run (
            id INTEGER PRIMARY KEY AUTOINCREMENT, series INTEGER NOT NULL, settings BLOB NOT NULL,
            started INTEGER NOT NULL, requests INTEGER NOT NULL DEFAULT 0, complete INTEGER NOT NULL DEFAULT 0,
            report TEXT, new INTEGER, fixed INTEGER, latency REAL, known INTEGER NOT NULL DEFAULT 0, flapping INTEGER NOT NULL DEFAULT 0, unchecked INTEGER NOT NULL DEFAULT 0);
INSERT INTO "run" VALUES(1,1,X'098736CAF677893F',1767236400,4,1,'{"version":"0","started":"2026-01-01T03:00:00Z","finished":"2026-01-01T03:05:00Z","source":"mirror","root":"/mirror","addresses":[],"totals":{"pages":1,"references":0,"local":0,"remote":0,"other":0,"verdicts":{"ok":2},"levels":{"error":1},"unchecked":{},"suppressed":0},"findings":[],"references":null,"complete":true,"cut_off":"","sections":[],"gaps":{},"health":null,"baselined":[]}',0,0,0.5,0,0,0);
INSERT INTO "run" VALUES(2,1,X'098736CAF677893F',1767322800,4,1,'{"version":"0","started":"2026-01-01T03:00:00Z","finished":"2026-01-01T03:05:00Z","source":"mirror","root":"/mirror","addresses":[],"totals":{"pages":1,"references":0,"local":0,"remote":0,"other":0,"verdicts":{"ok":2},"levels":{"error":2},"unchecked":{},"suppressed":0},"findings":[],"references":null,"complete":true,"cut_off":"","sections":[],"gaps":{},"health":null,"baselined":[]}',1,0,0.5,1,0,0);
INSERT INTO "run" VALUES(3,1,X'098736CAF677893F',1767409200,0,0,NULL,NULL,NULL,NULL,0,0,0);
CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO "series" VALUES(1,'mirror');
CREATE TABLE span (
            finding INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, level TEXT NOT NULL, body TEXT NOT NULL, verdict TEXT NOT NULL DEFAULT '', seen INTEGER NOT NULL DEFAULT 1, held INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (finding, since)) WITHOUT ROWID;
INSERT INTO "span" VALUES(1,1,NULL,'error','["remote/gone","error","a\udcff.md",1,2,"410 Gone","link","https://example.org/gone","https://example.org/gone","broken",410,[],null,"00112233445566778899"]','broken',1,0);
INSERT INTO "span" VALUES(2,2,NULL,'error','["remote/gone","error","a\udcff.md",2,2,"410 Gone","link","https://example.org/gone","https://example.org/gone","broken",410,[],null,"00112233445566778899"]','broken',1,0);
CREATE TABLE stretch (
            target INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, times INTEGER NOT NULL,
            verdict TEXT NOT NULL, status INTEGER, latency REAL, PRIMARY KEY (target, since)) WITHOUT ROWID;
CREATE TABLE target (
            id INTEGER PRIMARY KEY, series INTEGER NOT NULL, key INTEGER NOT NULL, url TEXT NOT NULL,
            run INTEGER NOT NULL, asked INTEGER NOT NULL, verdict TEXT NOT NULL, rule TEXT NOT NULL,
            message TEXT NOT NULL, status INTEGER, hops TEXT, suggestion TEXT, latency REAL, media TEXT,
            read INTEGER, ids BLOB, etag TEXT, modified TEXT,
            looked INTEGER, role TEXT, looks INTEGER, flaw TEXT,
            named INTEGER NOT NULL, was TEXT, was_status INTEGER, since INTEGER, until INTEGER,
            times INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, first_broken INTEGER,
            last_good INTEGER, UNIQUE (series, key));
INSERT INTO "target" VALUES(1,1,-8202114674208552119,'https://example.org/',2,1767322800,'ok','','',200,NULL,NULL,0.25,'text/html',2,X'789C4B6438BC120003B701CE','"tag"','Thu, 01 Jan 2026 00:00:00 GMT',NULL,NULL,0,NULL,2,'ok',200,1,2,2,0,NULL,1767322800);
INSERT INTO "target" VALUES(2,1,780501369415495764,'https://example.org/moved',2,1767322800,'redirected','remote/redirected','moved',200,'[[301,"https://example.org/"]]','https://example.org/',0.5,'text/html',NULL,NULL,'','',NULL,NULL,0,NULL,2,'redirected',200,1,2,2,0,NULL,1767322800);
INSERT INTO "target" VALUES(3,1,-491030097337003516,'https://example.org/gone',2,1767322800,'broken','remote/gone','410 Gone',410,NULL,NULL,0.5,'',NULL,NULL,'','',NULL,NULL,0,NULL,2,'broken',410,1,2,2,2,1767236400,NULL);
INSERT INTO "target" VALUES(4,1,-5072457042398651594,'https://example.org/picture',2,1767322800,'broken','','',200,NULL,NULL,NULL,'',NULL,NULL,'','',2,'image',-3,'["asset/truncated", "breaks off"]',2,'broken',200,1,2,2,2,1767236400,NULL);
INSERT INTO "target" VALUES(5,1,1199447043159862822,'https://example.org/new',3,1767409200,'ok','','',200,NULL,NULL,0.25,'',NULL,NULL,'','',NULL,NULL,0,NULL,3,NULL,NULL,NULL,NULL,0,0,NULL,NULL);
CREATE INDEX run_series ON run (series, complete);
CREATE INDEX span_open ON span (finding) WHERE until IS NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('run',3);
COMMIT;
