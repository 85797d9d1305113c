-- Users and groups of the demo: jsmith with the password smith, admin with 123. It began as the output of
-- npx express-4d-directory export --directory directory.json --format sql

CREATE TABLE directory_user (
  id CHAR(32) PRIMARY KEY,
  user_name VARCHAR(255) NOT NULL UNIQUE,
  full_name VARCHAR(255) NOT NULL,
  password_hash VARCHAR(255),
  disabled BOOLEAN NOT NULL
);
CREATE TABLE directory_group (
  id CHAR(32) PRIMARY KEY,
  name VARCHAR(255) NOT NULL UNIQUE
);
CREATE TABLE directory_group_user (
  group_id CHAR(32) NOT NULL REFERENCES directory_group (id),
  user_id CHAR(32) NOT NULL REFERENCES directory_user (id),
  PRIMARY KEY (group_id, user_id)
);
-- The inner group's users belong to the group, too.
CREATE TABLE directory_group_group (
  group_id CHAR(32) NOT NULL REFERENCES directory_group (id),
  inner_group_id CHAR(32) NOT NULL REFERENCES directory_group (id),
  PRIMARY KEY (group_id, inner_group_id)
);

INSERT INTO directory_user VALUES ('05A353877C5E12C61D29E8464D626D02', 'jsmith', 'jsmith', 'bcrypt_4d$$2b$10$QETYi.Xm5msIzthHFCLHj.ak/HICnPTIOaCgORCgtu2HNdVYJ13U.', FALSE);
INSERT INTO directory_user VALUES ('AA73DA63E26B40A1BB701C2B4C024870', 'admin', 'admin', 'bcrypt_4d$$2b$10$fEyDwIJ1Badr4W3r6861JOf5KY7mdgBezuAvTe8B/THi7BAh4hh66', FALSE);
INSERT INTO directory_group VALUES ('05B968C1F8633690444301357B2187A6', 'Sales');
INSERT INTO directory_group VALUES ('6AE81AC3DC8332E43E84B12503D7CDE3', 'Administrators');
INSERT INTO directory_group_user VALUES ('05B968C1F8633690444301357B2187A6', '05A353877C5E12C61D29E8464D626D02');
INSERT INTO directory_group_user VALUES ('6AE81AC3DC8332E43E84B12503D7CDE3', 'AA73DA63E26B40A1BB701C2B4C024870');

-- What the table needs besides, for users who change their password, and for names that are one in any case.
ALTER TABLE directory_user ADD COLUMN credentials_changed_at timestamptz;
CREATE UNIQUE INDEX directory_user_folded ON directory_user (lower(user_name));
CREATE UNIQUE INDEX directory_group_folded ON directory_group (lower(name));
