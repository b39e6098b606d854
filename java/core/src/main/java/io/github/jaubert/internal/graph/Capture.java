package io.github.jaubert.internal.graph;

import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.device.DeviceGraphs;
import io.github.jaubert.internal.memory.Backend;
import io.github.jaubert.internal.memory.Place;
import io.github.jaubert.internal.memory.Storage;
import io.github.jaubert.internal.tape.AutogradMeta;
import io.github.jaubert.internal.tape.DeviceCopy;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.Region;
import io.github.jaubert.internal.tape.StepRecorder;
import io.github.jaubert.internal.tape.WeightCopy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The capture of a step that is under way: the device records what it is asked for, and runs
 * nothing. This notes what lies outside of that record: the memory it will touch, the random
 * numbers it takes, and the optimizer's counts. What the program changed meanwhile is put back at
 * the end, as if the step had not been called.
 */
public final class Capture implements StepRecorder {
  private static final ThreadLocal<Capture> CURRENT = new ThreadLocal<>();

  /** An optimizer's part of a step that is not on the device. */
  public interface Update {
    /**
     * How many steps were taken since the capture.
     *
     * @throws IllegalStateException if the parameters are no longer as they were captured
     */
    long steps();

    /** Counts the step that a replay takes. */
    void taken();

    /** Refuses what is not a learning rate. */
    float checkRate(float rate);

    /** The learning rate that was captured. */
    float rate();
  }

  private final Backend backend;
  private final Thread thread = Thread.currentThread();
  private final long liveBefore;
  private final Set<Storage> used = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Set<Storage> overwritten = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Map<AutogradMeta, Boolean> leaves = new LinkedHashMap<>(); // had a gradient
  private final Map<WeightCopy, Integer> copies = new LinkedHashMap<>();
  private final Draws draws = new Draws();
  private NativeTensor result;
  private Update update;
  private boolean rewinds;

  private Capture(Backend backend, long liveBefore) {
    this.backend = backend;
    this.liveBefore = liveBefore;
  }

  /** The capture that is under way in this thread, or null. */
  public static Capture current() {
    return CURRENT.get();
  }

  // ---- from the first call to the last ----

  /** Captures a step on a device; see {@code CapturedStep.of}. */
  public static CapturedGraph of(Backend backend, Supplier<NativeTensor> step) {
    DeviceGraphs graphs = backend.graphs();
    if (graphs == null) {
      throw new UnsupportedOperationException(
          backend.name() + ": there are no graphs; a step can be captured on a GPU");
    }
    if (CURRENT.get() != null || backend.recorder() != null) {
      throw new IllegalStateException("a step is being captured already");
    }
    Capture capture = new Capture(backend, backend.allocator().beginCapture());
    long graph = 0;
    boolean complete = false;
    try {
      backend.synchronize(); // for the memory that was given back
      backend.record(capture); // from here on other threads are refused, or they would be recorded
      try {
        Native.check(graphs.begin());
        try {
          capture.record(step);
        } finally {
          graph = graphs.end();
        }
      } finally {
        backend.record(null);
      }
      if (graph == 0) {
        throw new IllegalStateException(Native.lastError());
      }
      complete = true;
      return new CapturedGraph(
          backend,
          graph,
          capture.result,
          capture.used,
          capture.overwritten,
          capture.endsOfGradients(),
          capture.copies,
          capture.draws,
          capture.update);
    } finally {
      if (!complete) {
        capture.abandon(graphs, graph);
      }
    }
  }

  private void record(Supplier<NativeTensor> step) {
    CURRENT.set(this);
    try {
      try (Region region = Region.openInternal()) {
        keep(step.get());
      }
      requireNothingLeft();
      draws.requireTellingApart();
    } finally {
      CURRENT.remove();
      draws.putBack();
    }
  }

  /** The value goes to memory that no other captured step writes to. */
  private void keep(NativeTensor value) {
    requireDevice(value, "its result " + value.summary());
    result = NativeTensor.outsideOfCaptures(backend, value.dtype(), value.shape(), Place.FRONT);
    DeviceCopy.copy(result, value);
  }

  private void requireNothingLeft() {
    long left = backend.allocator().liveCaptured() - liveBefore;
    if (left > 0) {
      throw new IllegalStateException(
          "the captured step leaves tensors of %d bytes that replays would overwrite: what is to be seen of it has to be its result, or copied with copyFrom into a tensor made before"
              .formatted(left));
    }
  }

  private void abandon(DeviceGraphs graphs, long graph) {
    if (graph != 0) {
      graphs.destroy(graph);
    }
    if (result != null) {
      result.close();
    }
    leaves.forEach(
        (leaf, before) -> {
          leaf.gradientReplayed(before);
          leaf.releaseGradient();
        });
    used.forEach(Storage::release);
    backend.allocator().endOfGraph();
  }

  // ---- what is noted meanwhile ----

  @Override
  public void requireThread() {
    if (thread != Thread.currentThread()) {
      throw new IllegalStateException(
          "%s: thread %s captures a step; thread %s cannot use the device until that is done"
              .formatted(backend.name(), thread.getName(), Thread.currentThread().getName()));
    }
  }

  /** Refuses a tensor of another device, called {@code what}. */
  public void requireDevice(NativeTensor tensor, String what) {
    if (tensor.backend() != backend) {
      throw new IllegalStateException(
          "the captured step is one of %s, but %s is on %s"
              .formatted(backend.name(), what, tensor.backend().name()));
    }
  }

  @Override
  public void uses(Storage block) {
    if (!backend.allocator().isCaptured(block) && used.add(block)) {
      block.retain();
    }
  }

  @Override
  public void overwrites(Storage block) {
    if (!backend.allocator().isCaptured(block)) {
      overwritten.add(block);
    }
  }

  @Override
  public void meets(AutogradMeta leaf) {
    if (!leaves.containsKey(leaf)) {
      leaves.put(leaf, leaf.gradientValid());
      leaf.retainGradient();
    }
  }

  /** Whether the step began with a gradient of this tensor, which it has asked for. */
  public boolean beganWithGradient(NativeTensor tensor) {
    return leaves.get(tensor.autograd());
  }

  /** What the step makes of gradients, which are as before again, as nothing has run. */
  private List<CapturedGradient> endsOfGradients() {
    List<CapturedGradient> ends = new ArrayList<>();
    leaves.forEach(
        (leaf, before) -> {
          if (leaf.tensor().isClosed()) { // made in the step itself
            leaf.releaseGradient();
            return;
          }
          ends.add(new CapturedGradient(leaf, before, leaf.gradientValid()));
          leaf.gradientReplayed(before);
        });
    return ends;
  }

  @Override
  public int versionOf(WeightCopy copy) {
    // A replay brings it up to date before it begins, but knows nothing of what the step
    // overwrites.
    return copies.computeIfAbsent(
        copy, c -> c.weight().isIn(overwritten) ? -1 : c.weight().version());
  }

  @Override
  public void follows(WeightCopy copy) {
    copies.put(copy, copy.weight().version());
  }

  /** A source of random numbers was made; every replay begins where it did. */
  public static void made(PhiloxState source) {
    Capture capture = CURRENT.get();
    if (capture != null) {
      capture.draws.made(source);
    }
  }

  /** A number is about to be taken of a source. */
  public static void draws(PhiloxState source) {
    Capture capture = CURRENT.get();
    if (capture != null) {
      capture.draws.draws(source);
    }
  }

  /** A source is about to be set to a state. */
  public static void sets(PhiloxState source, long seed, long offset) {
    Capture capture = CURRENT.get();
    if (capture != null) {
      capture.draws.sets(source, seed, offset, capture.rewinds);
    }
  }

  /** Does work that sets sources to states that they have had in the step, if one is captured. */
  public static void rewinding(Runnable work) {
    Capture capture = CURRENT.get();
    if (capture != null) {
      capture.rewinds = true;
    }
    try {
      work.run();
    } finally {
      if (capture != null) {
        capture.rewinds = false;
      }
    }
  }

  /** An optimizer takes a step, the only one. */
  public void updates(Update update) {
    if (this.update != null) {
      throw new IllegalStateException(
          "the captured step takes a second step of an optimizer; capture the two apart");
    }
    this.update = update;
  }
}
