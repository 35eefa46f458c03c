package khabar;

import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.Stores;

/**
 * Kafka Streams on the same topics: Processor API, RocksDB stores, two entries an event with their changelog, two
 * lines folded (without one: they could be folded again from the entries), and the rows of both in SQLite. The clock runs from the first record, so that neither the JVM's start nor the group's is
 * in it, until all is folded and in SQLite; the changelog's last records may then still be on their way.
 */
public final class Peer {
    private Peer() {}

    public static void main(String[] arguments) throws Exception {
        Map<String, String> asked = System.getenv();
        Path folder = Path.of(asked.get("PEER_FOLDER"));
        long events = Long.parseLong(asked.get("PEER_EVENTS"));
        Rows rows = new Rows(folder.resolve("lines.db").toString());
        Clock clock = new Clock(events);

        Topology topology = new Topology();
        topology.addSource(
                "facts",
                Serdes.ByteArray().deserializer(),
                Serdes.ByteArray().deserializer(),
                asked.get("PEER_TOPICS").split(","));
        topology.addProcessor("fold", () -> new Fold(rows, clock), "facts");
        topology.addStateStore(
                Stores.keyValueStoreBuilder(
                        Stores.persistentKeyValueStore(Fold.ENTRIES), Serdes.String(), Serdes.ByteArray()),
                "fold");
        topology.addStateStore(
                Stores.keyValueStoreBuilder(
                                Stores.persistentKeyValueStore(Fold.LINES), Serdes.String(), Serdes.ByteArray())
                        .withLoggingDisabled(),
                "fold");

        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, asked.get("PEER_ID"));
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, asked.get("PEER_BOOTSTRAP"));
        settings.put(StreamsConfig.STATE_DIR_CONFIG, folder.resolve("state").toString());
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, asked.get("PEER_THREADS"));
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        KafkaStreams streams = new KafkaStreams(topology, settings);
        streams.start();
        System.out.printf("{\"seconds\": %.6f, \"events\": %d}%n", clock.seconds(), events);
        System.out.flush();
        streams.close();
    }
}
