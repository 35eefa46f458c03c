package khabar;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Entries and lines in SQLite: many rows a transaction, one writer for all threads, since SQLite has but one. */
final class Rows {
    private static final int ROWS_MAX = 20_000;

    private final Connection connection;
    private final Map<String, PreparedStatement> replace = new HashMap<>();
    private final Map<String, Map<String, byte[]>> waiting = new HashMap<>();

    Rows(String path) throws SQLException {
        connection = DriverManager.getConnection("jdbc:sqlite:" + path);
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode = wal");
            statement.execute("PRAGMA synchronous = normal");
            for (String table : List.of(Fold.ENTRIES, Fold.LINES)) {
                statement.execute("CREATE TABLE " + table + " (name TEXT PRIMARY KEY, row TEXT) WITHOUT ROWID");
            }
        }
        connection.setAutoCommit(false);
        for (String table : List.of(Fold.ENTRIES, Fold.LINES)) {
            replace.put(table, connection.prepareStatement("REPLACE INTO " + table + " VALUES (?, ?)"));
            waiting.put(table, new HashMap<>());
        }
    }

    synchronized void put(String table, String name, byte[] row) {
        Map<String, byte[]> rows = waiting.get(table);
        rows.put(name, row);
        if (rows.size() >= ROWS_MAX) {
            write();
        }
    }

    synchronized void write() {
        try {
            for (Map.Entry<String, PreparedStatement> table : replace.entrySet()) {
                PreparedStatement statement = table.getValue();
                Map<String, byte[]> rows = waiting.get(table.getKey());
                for (Map.Entry<String, byte[]> row : rows.entrySet()) {
                    statement.setString(1, row.getKey());
                    statement.setString(2, new String(row.getValue(), StandardCharsets.UTF_8));
                    statement.addBatch();
                }
                statement.executeBatch();
                rows.clear();
            }
            connection.commit();
        } catch (SQLException error) {
            throw new IllegalStateException(error);
        }
    }
}
