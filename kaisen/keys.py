"""Makes the secrets that an installation needs, each in a file of its own named as `KAISEN_SECRETS_DIR` wants them."""

import base64
import json
import secrets
from pathlib import Path

from joserfc.jwk import OKPKey

from chassis.clock import wall

SERVICES = ("auth", "contracts", "payments", "sim")


def generate() -> dict[str, dict[str, str]]:
    """New secrets as {component: {setting: value}}; settings are named as in the environment, in lower case."""
    stamp = wall().strftime("%Y%m%d%H%M%S")
    signing = OKPKey.generate_key("Ed25519", {"kid": stamp, "use": "sig"})
    sealing = {name: OKPKey.generate_key("X25519", {"kid": name, "use": "enc"}) for name in SERVICES}
    context_keys = json.dumps({"keys": [signing.as_dict(private=False)]})
    made = {
        name: {
            "kaisen_context_keys": context_keys,
            "kaisen_sealing_key": json.dumps(key.as_dict(private=True)),
        }
        for name, key in sealing.items()
    }
    for name in ("auth", "contracts", "sim"):
        field_key = base64.b64encode(secrets.token_bytes(32)).decode()
        made[name]["kaisen_field_keys"] = json.dumps({stamp: field_key})
    made["auth"]["kaisen_context_signing_key"] = json.dumps(signing.as_dict(private=True))
    made["auth"]["kaisen_code_pepper"] = secrets.token_urlsafe(32)
    # Good for a sandbox only: the payment provider gives out those of a real account.
    made["payments"]["kaisen_provider_secret_key"] = f"sk_test_{secrets.token_urlsafe(24)}"
    made["payments"]["kaisen_provider_publishable_key"] = f"pk_test_{secrets.token_urlsafe(24)}"
    made["gateway"] = {
        "kaisen_sealing_keys": json.dumps({"keys": [key.as_dict(private=False) for key in sealing.values()]}),
        "kaisen_secret_key": secrets.token_urlsafe(48),
    }
    return made


def generate_servers(broker: str, database: str) -> dict[str, dict[str, str]]:
    """Passwords for a RabbitMQ at host `broker` and a PostgreSQL at host `database`, as their containers read them,
    and the addresses with which the components reach them; same shape as `generate`.
    """
    broker_password = secrets.token_urlsafe(24)
    amqp_uri = f"pyamqp://kaisen:{broker_password}@{broker}:5672//"
    made = {
        "rabbitmq": {"env": f"RABBITMQ_DEFAULT_USER=kaisen\nRABBITMQ_DEFAULT_PASS={broker_password}\n"},
        "postgres": {"env": f"POSTGRES_PASSWORD={secrets.token_urlsafe(24)}\n"},
        "gateway": {"kaisen_amqp_uri": amqp_uri},
    }
    roles = []
    for name in SERVICES:
        password = secrets.token_urlsafe(24)
        roles.append(
            f"CREATE ROLE kaisen_{name} LOGIN PASSWORD '{password}';\n"
            f"CREATE DATABASE kaisen_{name} OWNER kaisen_{name};\n"
            f"REVOKE CONNECT ON DATABASE kaisen_{name} FROM PUBLIC;\n"
        )
        made[name] = {
            "kaisen_amqp_uri": amqp_uri,
            "kaisen_database_url": f"postgresql+psycopg2://kaisen_{name}:{password}@{database}:5432/kaisen_{name}",
        }
    made["postgres"]["10-databases.sql"] = "".join(roles)
    return made


def write(folder: Path, broker: str, database: str) -> list[Path]:
    """Write new secrets to `folder/COMPONENT/…`, for containers that mount one sub-folder each.

    `folder` itself is closed to other users of the machine; the files in it are readable, because the containers run
    under users of their own. Raises FileExistsError when the folder already holds an installation's secrets: replacing
    them would lock the installation out of its own data.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any((folder / name).exists() for name in (*SERVICES, "gateway")):
        raise FileExistsError(folder)
    servers = generate_servers(broker, database)
    paths = []
    for component, values in generate().items():
        servers.setdefault(component, {}).update(values)
    for component, values in servers.items():
        (folder / component).mkdir(mode=0o755)
        for name, value in values.items():
            path = folder / component / name
            path.write_text(value)
            path.chmod(0o644)
            paths.append(path)
    return paths
