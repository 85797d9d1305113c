import type { UserRecord } from '../providers/directory-provider.js'
import type { ResolvedGroup } from '../providers/group-membership.js'

/** What is exported: hashes are as they are to be stored. */
export interface ExportedDirectory {
  readonly users: readonly UserRecord[]
  readonly groups: readonly ResolvedGroup[]
}

/** What `new StaticProvider(JSON.parse(text))` takes: members by name, so that people can read it. */
export function toJSON({ users, groups }: ExportedDirectory): string {
  const userNames = new Map(users.map((user) => [user.ID, user.userName]))
  const groupNames = new Map(groups.map((group) => [group.ID, group.name]))
  const named = (IDs: readonly string[], names: ReadonlyMap<string, string>) => IDs.map((ID) => names.get(ID)).filter(Boolean)
  const directory = {
    users: users.filter((user) => user.userName).map(({ disabled, ...user }) => ({ ...user, ...(disabled && { disabled }) })),
    groups: groups
      .filter((group) => group.name)
      .map(({ ID, name, userIDs, groupIDs }) => ({ ID, name, users: named(userIDs, userNames), groups: named(groupIDs, groupNames) }))
  }
  return `${JSON.stringify(directory, null, 2)}\n`
}

/** Standard SQL: tables and rows. */
export function toSQL({ users, groups }: ExportedDirectory): string {
  const members = groups.flatMap(({ ID, userIDs }) => [...new Set(userIDs)].map((userID) => [ID, userID]))
  const inner = groups.flatMap(({ ID, groupIDs }) => [...new Set(groupIDs)].map((groupID) => [ID, groupID]))
  return [
    tables,
    ...users.map((user) => insert('directory_user', [user.ID, user.userName, user.fullName, user.passwordHash, user.disabled ?? false])),
    ...groups.map((group) => insert('directory_group', [group.ID, group.name])),
    ...members.map((row) => insert('directory_group_user', row)),
    ...inner.map((row) => insert('directory_group_group', row)),
    ''
  ].join('\n')
}

const tables = `-- Users and groups, exported by express-4d-directory.
-- Standard SQL. MySQL and MariaDB read backslashes in names as they are only after SET sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES').

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
`

function insert(table: string, values: readonly (string | boolean | null)[]): string {
  return `INSERT INTO ${table} VALUES (${values.map(literal).join(', ')});`
}

function literal(value: string | boolean | null): string {
  if (value === null) return 'NULL'
  return typeof value === 'boolean' ? String(value).toUpperCase() : `'${value.replaceAll("'", "''")}'`
}
