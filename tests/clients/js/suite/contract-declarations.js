/** Declarations that the shipped file has no need of: a public channel with a role, members, sealed events. */

/** What sealed channels' keys are derived from, on both sides. */
export const MASTER_KEY = Buffer.from("0123456789abcdef0123456789abcdef").toString("base64");

export const OWN_FILE = `
[[app]]
id = "1001"
key = "saluran-key"
secret = "saluran-secret"
encryption_master_key = "${MASTER_KEY}"

[app.tokens]
secret = "saluran-token-secret-for-trials-only"
leeway = "0s"
user_info = ["name", "shift"]
revoke = ["app", "role.admin"]

[[role]]
name = "admin"
includes = ["operator"]

[[role]]
name = "operator"

[[role]]
name = "tenant"

[[channel]]
name = "backstage"
publish = ["app"]
subscribe = ["role.operator"]

[[channel]]
name = "presence-hall"
subscribe = ["token"]

[[channel]]
name = "private-desk"
subscribe = ["token"]

[[channel]]
name = "private-encrypted-vault"
publish = ["app"]
subscribe = ["role.operator"]
`;
