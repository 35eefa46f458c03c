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

/** Folds the two lines of an event by read-modify-write; the same as `lines.py` does for Python's peers. */
final class Fold implements Processor<byte[], byte[], Void, Void> {
    static final String STORE = "lines";
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
    private KeyValueStore<String, byte[]> store;

    Fold(Rows rows, Clock clock) {
        this.rows = rows;
        this.clock = clock;
    }

    @Override
    public void init(ProcessorContext<Void, Void> context) {
        store = context.getStateStore(STORE);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        clock.first();
        try {
            JsonNode event = JSON.readTree(record.value());
            for (String name : lines(event)) {
                byte[] before = store.get(name);
                byte[] row = JSON.writeValueAsBytes(folded(before == null ? null : JSON.readTree(before), event));
                store.put(name, row);
                rows.put(name, row);
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

    private static ObjectNode folded(JsonNode row, JsonNode event) {
        String day = event.get("valid").get("from").asText();
        String id = event.get("id").asText();
        ObjectNode made = JSON.createObjectNode();
        made.put("events", row == null ? 1 : row.get("events").asInt() + 1);
        if (row != null) {
            JsonNode before = row.get("latest");
            int days = before.get("day").asText().compareTo(day);
            if (days > 0 || (days == 0 && before.get("id").asText().compareTo(id) >= 0)) {
                made.set("latest", before);
                return made;
            }
        }
        ObjectNode latest = made.putObject("latest");
        latest.put("id", id).put("day", day);
        latest.set("stage", event.get("stage"));
        latest.set("modality", event.get("modality"));
        latest.set("amount", event.get("slots").get("amount"));
        return made;
    }
}
