package khabar;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

/** The lines in SQLite: many rows a transaction, one writer for all threads, since SQLite has but one. */
final class Rows {
    private static final int ROWS_MAX = 20_000;

    private final Connection connection;
    private final PreparedStatement replace;
    private final Map<String, byte[]> waiting = new HashMap<>();

    Rows(String path) throws SQLException {
        connection = DriverManager.getConnection("jdbc:sqlite:" + path);
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode = wal");
            statement.execute("PRAGMA synchronous = normal");
            statement.execute("CREATE TABLE lines (name TEXT PRIMARY KEY, row TEXT) WITHOUT ROWID");
        }
        connection.setAutoCommit(false);
        replace = connection.prepareStatement("REPLACE INTO lines VALUES (?, ?)");
    }

    synchronized void put(String name, byte[] row) {
        waiting.put(name, row);
        if (waiting.size() >= ROWS_MAX) {
            write();
        }
    }

    synchronized void write() {
        try {
            for (Map.Entry<String, byte[]> row : waiting.entrySet()) {
                replace.setString(1, row.getKey());
                replace.setString(2, new String(row.getValue(), StandardCharsets.UTF_8));
                replace.addBatch();
            }
            replace.executeBatch();
            connection.commit();
            waiting.clear();
        } catch (SQLException error) {
            throw new IllegalStateException(error);
        }
    }
}
