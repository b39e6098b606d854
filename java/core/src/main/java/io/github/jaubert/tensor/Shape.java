package io.github.jaubert.tensor;

import java.util.Arrays;

/** The sizes of a tensor's axes, outermost first. A scalar has none. Immutable. */
public final class Shape {
  /** The most axes a tensor can have. */
  public static final int MAX_RANK = 8;

  /** The shape of a scalar, {@code []}. */
  public static final Shape SCALAR = new Shape(new long[0]);

  private final long[] sizes;
  private final long numel;

  private Shape(long[] sizes) {
    this.sizes = sizes;
    long count = 1;
    for (long size : sizes) {
      if (size != 0 && count > Long.MAX_VALUE / size) {
        throw new IllegalArgumentException(
            "shape " + Arrays.toString(sizes) + " has more elements than a long can count");
      }
      count *= size;
    }
    this.numel = count;
  }

  /**
   * A shape with these sizes.
   *
   * @throws IllegalArgumentException if a size is negative or there are more than {@link #MAX_RANK}
   */
  public static Shape of(long... sizes) {
    if (sizes.length == 0) {
      return SCALAR;
    }
    if (sizes.length > MAX_RANK) {
      throw new IllegalArgumentException(
          "shape "
              + Arrays.toString(sizes)
              + " has "
              + sizes.length
              + " axes; at most "
              + MAX_RANK
              + " are supported");
    }
    for (long size : sizes) {
      if (size < 0) {
        throw new IllegalArgumentException(
            "shape " + Arrays.toString(sizes) + " has a negative size");
      }
    }
    return new Shape(sizes.clone());
  }

  /** The number of axes. */
  public int rank() {
    return sizes.length;
  }

  /** The number of elements: the product of the sizes, 1 for a scalar. */
  public long numel() {
    return numel;
  }

  /** The size of an axis; a negative axis counts from the last, so -1 is the innermost. */
  public long size(int axis) {
    return sizes[axis(axis)];
  }

  /**
   * An axis counted from 0, given one that may count from the end.
   *
   * @throws IllegalArgumentException if there is no such axis
   */
  public int axis(int axis) {
    int resolved = axis < 0 ? axis + sizes.length : axis;
    if (resolved < 0 || resolved >= sizes.length) {
      throw new IllegalArgumentException("axis " + axis + " does not exist in shape " + this);
    }
    return resolved;
  }

  /** The sizes as a new array. */
  public long[] toArray() {
    return sizes.clone();
  }

  /** How many elements apart neighbours along each axis lie in a contiguous, row-major tensor. */
  public long[] strides() {
    long[] strides = new long[sizes.length];
    long stride = 1;
    for (int i = sizes.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= sizes[i];
    }
    return strides;
  }

  /** This shape with one size replaced. */
  public Shape with(int axis, long size) {
    long[] changed = sizes.clone();
    changed[axis(axis)] = size;
    return of(changed);
  }

  /** This shape without one axis. */
  public Shape without(int axis) {
    int removed = axis(axis);
    long[] kept = new long[sizes.length - 1];
    for (int i = 0, j = 0; i < sizes.length; i++) {
      if (i != removed) {
        kept[j++] = sizes[i];
      }
    }
    return of(kept);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(sizes, shape.sizes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sizes);
  }

  /** As {@code [8, 384]}. */
  @Override
  public String toString() {
    return Arrays.toString(sizes);
  }
}
