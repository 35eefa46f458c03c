package khabar;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Keeps two entries of an event and folds its two lines by read-modify-write, as `lines.py` says. */
final class Fold implements Processor<byte[], byte[], Void, Void> {
    static final String ENTRIES = "entries";
    static final String LINES = "lines";
    private static final List<String> KEPT =
            List.of("id", "type", "valid", "stage", "modality", "origin", "slots");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, String> OTHERS =
            Map.of(
                    "investment", "investors",
                    "acquisition", "acquirers",
                    "supply", "customer",
                    "customer_pullback", "customer",
                    "partnership", "parties",
                    "appointment", "person",
                    "departure", "person");

    private final Rows rows;
    private final Clock clock;
    private KeyValueStore<String, byte[]> entries;
    private KeyValueStore<String, byte[]> lines;

    Fold(Rows rows, Clock clock) {
        this.rows = rows;
        this.clock = clock;
    }

    @Override
    public void init(ProcessorContext<Void, Void> context) {
        entries = context.getStateStore(ENTRIES);
        lines = context.getStateStore(LINES);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        clock.first();
        try {
            JsonNode event = JSON.readTree(record.value());
            ObjectNode entry = entry(event);
            byte[] kept = JSON.writeValueAsBytes(entry);
            String id = event.get("id").asText();
            for (String name : lines(event)) {
                String key = name + "|" + id;
                entries.put(key, kept);
                rows.put(ENTRIES, key, kept);
                byte[] before = lines.get(name);
                byte[] row = JSON.writeValueAsBytes(folded(before == null ? null : JSON.readTree(before), entry));
                lines.put(name, row);
                rows.put(LINES, name, row);
            }
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
        if (clock.counted()) {
            rows.write();
            clock.last();
        }
    }

    private static List<String> lines(JsonNode event) {
        String kind = event.get("type").asText();
        String home = event.get("home").asText();
        JsonNode slots = event.get("slots");
        String slot = OTHERS.get(kind);
        if (slot == null) {
            return List.of(home + "|" + kind + "|" + slots.path("metric").asText("-"));
        }
        JsonNode party = slots.get(slot);
        if (party.isArray()) {
            party = party.get(party.size() - 1);
        }
        String other = (party.has("entity") ? party.get("entity") : party).get("id").asText();
        return List.of(home + "|" + kind + "|" + other, other + "|" + kind + "-of|" + home);
    }

    private static ObjectNode entry(JsonNode event) {
        ObjectNode made = JSON.createObjectNode();
        for (String name : KEPT) {
            made.set(name, event.get(name));
        }
        return made;
    }

    private static ObjectNode folded(JsonNode row, ObjectNode entry) {
        ObjectNode made = JSON.createObjectNode();
        made.put("events", row == null ? 1 : row.get("events").asInt() + 1);
        JsonNode before = row == null ? null : row.get("latest");
        made.set("latest", before == null || order(before).compareTo(order(entry)) < 0 ? entry : before);
        return made;
    }

    private static String order(JsonNode entry) {
        return entry.get("valid").get("from").asText() + entry.get("id").asText();
    }
}
