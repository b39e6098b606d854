package io.github.jaubert.benchmarks.measure;

/** Takes the time of work: by the clock on the wall, or by a device that works on its own. */
@FunctionalInterface
public interface Stopwatch {
  /** The wall clock, for work that has ended when its call returns. */
  Stopwatch WALL =
      work -> {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) * 1e-9;
      };

  /** Does the work and gives the seconds that it took. */
  double seconds(Runnable work);
}
