package khabar;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/** Runs from the first record that any thread takes until the last is done. */
final class Clock {
    private final long events;
    private final AtomicLong done = new AtomicLong();
    private final AtomicLong began = new AtomicLong();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile long stopped;

    Clock(long events) {
        this.events = events;
    }

    void first() {
        if (began.get() == 0) {
            began.compareAndSet(0, System.nanoTime());
        }
    }

    /** Counts a record, and says whether it is the last. */
    boolean counted() {
        return done.incrementAndGet() == events;
    }

    void last() {
        stopped = System.nanoTime();
        ended.countDown();
    }

    double seconds() throws InterruptedException {
        ended.await();
        return (stopped - began.get()) / 1e9;
    }
}
