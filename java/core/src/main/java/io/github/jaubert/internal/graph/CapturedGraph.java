package io.github.jaubert.internal.graph;

import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.device.DeviceGraphs;
import io.github.jaubert.internal.memory.Backend;
import io.github.jaubert.internal.memory.CallSite;
import io.github.jaubert.internal.memory.Leak;
import io.github.jaubert.internal.memory.Storage;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.WeightCopy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What came of a {@link Capture}: a graph of the device, and all that a replay does beside it. */
public final class CapturedGraph implements AutoCloseable {
  private final Thread thread = Thread.currentThread();
  private final CallSite capturedAt = CallSite.current();
  private final Leak leak = new Leak(this, "a captured step", null, capturedAt);
  private final Backend backend;
  private final DeviceGraphs graphs;
  private final NativeTensor result;
  private final List<Storage> used;
  private final List<Storage> overwritten;
  private final List<CapturedGradient> gradients;
  private final Map<WeightCopy, Boolean> copies; // whether they are up to date at the end
  private final Draws draws;
  private final long[] seeds;
  private final Capture.Update update; // null: no optimizer
  private long graph; // 0 once closed
  private long replays;

  CapturedGraph(
      Backend backend,
      long graph,
      NativeTensor result,
      Set<Storage> used,
      Set<Storage> overwritten,
      List<CapturedGradient> gradients,
      Map<WeightCopy, Integer> copies,
      Draws draws,
      Capture.Update update) {
    this.backend = backend;
    this.graphs = backend.graphs();
    this.graph = graph;
    this.result = result;
    this.used = List.copyOf(used);
    this.overwritten = List.copyOf(overwritten);
    this.gradients = List.copyOf(gradients);
    this.copies = new LinkedHashMap<>();
    copies.forEach((copy, version) -> this.copies.put(copy, version == copy.weight().version()));
    this.draws = draws;
    this.seeds = draws.seeds();
    this.update = update;
  }

  /** Runs the step with the learning rate that was captured. */
  public void replay() {
    launch(update == null ? 1 : update.rate());
  }

  /** Runs the step with a learning rate. */
  public void replay(float rate) {
    if (update == null) {
      throw new IllegalStateException(
          "replay: learning rate " + rate + ", but the captured step takes none of an optimizer");
    }
    launch(update.checkRate(rate));
  }

  private void launch(float rate) {
    requireOpen();
    if (Capture.current() != null || backend.recorder() != null) {
      throw new IllegalStateException("replay: a step is being captured");
    }
    long steps = update == null ? 0 : update.steps();
    gradients.forEach(CapturedGradient::requireBefore);
    long[] offsets = draws.offsets(seeds);
    copies.keySet().forEach(WeightCopy::prepareReplay);
    Native.check(graphs.launch(graph, seeds, offsets, steps, rate));
    draws.taken();
    if (update != null) {
      update.taken();
    }
    gradients.forEach(CapturedGradient::replayed);
    overwritten.forEach(Storage::touch);
    copies.forEach(
        (copy, follows) -> {
          if (follows) {
            copy.follow();
          }
        });
    replays++;
  }

  /** Other sequences from the next replay on, as {@code cu_seqlens} of the same length. */
  public void sequences(int[] captured, int[] now) {
    requireOpen();
    Native.check(graphs.setSequences(graph, captured, now));
  }

  /** What the step returns, overwritten by each replay. */
  public NativeTensor result() {
    requireOpen();
    if (replays == 0) {
      throw new IllegalStateException(
          "the captured step was not replayed yet, so it has no result");
    }
    return result;
  }

  /** How often it was replayed. */
  public long replays() {
    return replays;
  }

  private void requireOpen() {
    if (graph == 0) {
      throw new IllegalStateException("the step captured at " + capturedAt + " is closed");
    }
    if (thread != Thread.currentThread()) {
      throw new IllegalStateException(
          "the step was captured by thread %s, whose random numbers it takes; thread %s cannot replay it"
              .formatted(thread.getName(), Thread.currentThread().getName()));
    }
  }

  /** Frees the graph and what it kept. */
  @Override
  public void close() {
    if (graph == 0) {
      return;
    }
    backend.requireRunning("a captured step cannot be closed");
    graphs.destroy(graph);
    graph = 0;
    leak.done();
    result.close();
    gradients.forEach(CapturedGradient::release);
    used.forEach(Storage::release);
    backend.allocator().endOfGraph();
  }
}
