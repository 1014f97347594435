//! The tables, as migrations.

use mira_db::Migrations;

/// The tables of webhooks, in SQLite.
pub fn endpoint_migrations() -> Migrations {
    Migrations {
        table: ENDPOINTS,
        runner: endpoints_sqlite::migrations::runner(),
    }
}

/// The tables of webhooks, in PostgreSQL.
pub fn endpoint_postgres_migrations() -> Migrations {
    Migrations {
        table: ENDPOINTS,
        runner: endpoints_postgres::migrations::runner(),
    }
}

/// The tables of messages and deliveries, in SQLite.
pub fn queue_migrations() -> Migrations {
    Migrations {
        table: QUEUE,
        runner: queue_sqlite::migrations::runner(),
    }
}

/// The tables of messages and deliveries, in PostgreSQL.
pub fn queue_postgres_migrations() -> Migrations {
    Migrations {
        table: QUEUE,
        runner: queue_postgres::migrations::runner(),
    }
}

/// Where refinery notes what it has applied.
const ENDPOINTS: &str = "webhook_migrations";
const QUEUE: &str = "webhook_queue_migrations";

mod endpoints_sqlite {
    refinery::embed_migrations!("migrations/endpoints/sqlite");
}

mod endpoints_postgres {
    refinery::embed_migrations!("migrations/endpoints/postgres");
}

mod queue_sqlite {
    refinery::embed_migrations!("migrations/queue/sqlite");
}

mod queue_postgres {
    refinery::embed_migrations!("migrations/queue/postgres");
}
