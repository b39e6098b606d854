package io.github.jaubert.nn;

import io.github.jaubert.internal.memory.Backend;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A part of a model: a tree of named parameters and named children, what PyTorch calls a module.
 *
 * <p>A block owns its parameters: no {@link io.github.jaubert.tensor.Scope} frees them, {@link
 * #close} does. Building, freezing and switching between training and evaluation are for one
 * thread; computing with a block that is in evaluation mode is safe from any number of threads.
 *
 * <pre>{@code
 * final class Classifier extends Block {
 *   private final Linear hidden = add("hidden", Linear.of(784, 256));
 *   private final Linear output = add("output", Linear.of(256, 10));
 *
 *   Tensor forward(Tensor images) {
 *     return output.forward(F.relu(hidden.forward(images)));
 *   }
 * }
 * }</pre>
 */
public abstract class Block implements AutoCloseable {
  private final Map<String, Tensor> parameters = new LinkedHashMap<>();
  private final Map<String, Block> children = new LinkedHashMap<>();
  private boolean training = true;

  /** A block without parameters or children; it starts in training mode. */
  protected Block() {}

  // ---- building ----

  /**
   * Adds a child, which belongs to this block from now on.
   *
   * @return {@code child}
   * @throws IllegalArgumentException if the name is empty, has a dot, or is taken
   */
  protected final <B extends Block> B add(String name, B child) {
    checkName(name);
    if (child == this) {
      throw new IllegalArgumentException("block cannot be its own child '" + name + "'");
    }
    children.put(name, Objects.requireNonNull(child, name));
    return child;
  }

  /**
   * Takes a child out; it is not closed.
   *
   * @throws IllegalArgumentException if there is none of this name
   */
  protected final void remove(String name) {
    if (children.remove(name) == null) {
      throw new IllegalArgumentException(kind() + " has no child '" + name + "'");
    }
  }

  /**
   * Adds a parameter, which belongs to this block from now on: it leaves its scope, and gradients
   * are computed for it.
   *
   * @return {@code value}
   * @throws IllegalArgumentException if the name is empty, has a dot, or is taken
   */
  protected final Tensor parameter(String name, Tensor value) {
    checkName(name);
    parameters.put(name, value.unscoped().requiresGrad(true));
    return value;
  }

  private void checkName(String name) {
    if (name.isEmpty() || name.indexOf('.') >= 0) {
      throw new IllegalArgumentException(
          "name '" + name + "' of a parameter or block is empty or has a dot");
    }
    if (parameters.containsKey(name) || children.containsKey(name)) {
      throw new IllegalArgumentException("name '" + name + "' is taken in " + kind());
    }
  }

  // ---- parameters ----

  /** The children by name, in order of registration. */
  public final Map<String, Block> children() {
    return Collections.unmodifiableMap(children);
  }

  /**
   * All parameters of this block and those below it with their full names: a block's own first,
   * then its children's, each in order of registration. One that several blocks share appears once,
   * under its first name.
   */
  public final List<Parameter> parameters() {
    List<Parameter> found = new ArrayList<>();
    collect("", found, Collections.newSetFromMap(new IdentityHashMap<>()));
    return found;
  }

  private void collect(String prefix, List<Parameter> found, Set<Tensor> seen) {
    parameters.forEach(
        (name, tensor) -> {
          if (seen.add(tensor)) {
            found.add(new Parameter(prefix + name, tensor));
          }
        });
    children.forEach((name, child) -> child.collect(prefix + name + ".", found, seen));
  }

  /**
   * The parameter with a full name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public final Parameter parameter(String fullName) {
    List<Parameter> all = parameters();
    for (Parameter parameter : all) {
      if (parameter.name().equals(fullName)) {
        return parameter;
      }
    }
    throw new IllegalArgumentException("no parameter is named '" + fullName + "'" + examples(all));
  }

  /**
   * Moves all parameters and their gradients to a device; those that are there already stay. An
   * optimizer is made after the move, as its state stays where it was.
   *
   * @return this block
   * @throws IllegalStateException if a parameter is needed by a computation whose backward has not
   *     run, or a view shares its memory; nothing has moved then
   */
  public Block to(Device device) {
    Backend target = Backend.of(Objects.requireNonNull(device, "device").name());
    Map<NativeTensor, NativeTensor> copies = new LinkedHashMap<>();
    try {
      for (Parameter parameter : parameters()) {
        NativeTensor tensor = NativeTensor.of(parameter.tensor());
        if (tensor.backend() != target) {
          copies.put(tensor, copyToAdopt(parameter.name(), tensor, target));
        }
      }
    } catch (RuntimeException | Error e) {
      copies.values().forEach(NativeTensor::discard);
      throw e;
    }
    copies.forEach(NativeTensor::adopt);
    return this;
  }

  private static NativeTensor copyToAdopt(String name, NativeTensor tensor, Backend target) {
    try {
      return tensor.copyToAdopt(target);
    } catch (IllegalStateException e) {
      throw new IllegalStateException("to: parameter " + name + ": " + e.getMessage(), e);
    }
  }

  /** The number of elements of all parameters. */
  public final long parameterCount() {
    long count = 0;
    for (Parameter parameter : parameters()) {
      count += parameter.shape().numel();
    }
    return count;
  }

  // ---- training ----

  /** Puts this block and those below it in training mode: dropout drops. New blocks are. */
  public final void train() {
    setTraining(true);
  }

  /** Puts this block and those below it in evaluation mode: dropout does nothing. */
  public final void eval() {
    setTraining(false);
  }

  private void setTraining(boolean on) {
    training = on;
    children.values().forEach(child -> child.setTraining(on));
  }

  /** Whether this block is in training mode. */
  public final boolean training() {
    return training;
  }

  /**
   * Excludes parameters from training: no gradient is computed for them, and what they had of one
   * is forgotten.
   *
   * @param regex found anywhere in the full name, such as {@code ^embeddings\.} or {@code
   *     encoder\.layer\.[0-3]\.}
   * @return how many parameters it matches
   * @throws IllegalArgumentException if it matches none
   */
  public final int freeze(String regex) {
    List<Parameter> matches = matching(regex);
    for (Parameter parameter : matches) {
      parameter.tensor().zeroGrad();
      parameter.tensor().requiresGrad(false);
    }
    return matches.size();
  }

  /**
   * Includes parameters in training again, see {@link #freeze}.
   *
   * @return how many parameters it matches
   * @throws IllegalArgumentException if it matches none
   */
  public final int unfreeze(String regex) {
    List<Parameter> matches = matching(regex);
    matches.forEach(parameter -> parameter.tensor().requiresGrad(true));
    return matches.size();
  }

  private List<Parameter> matching(String regex) {
    Pattern pattern = Pattern.compile(regex);
    List<Parameter> all = parameters();
    List<Parameter> matches = all.stream().filter(p -> pattern.matcher(p.name()).find()).toList();
    if (matches.isEmpty()) {
      throw new IllegalArgumentException(
          "no parameter's name matches the pattern '" + regex + "'" + examples(all));
    }
    return matches;
  }

  private static String examples(List<Parameter> all) {
    if (all.isEmpty()) {
      return "; the block has no parameters";
    }
    List<String> names = all.stream().limit(4).map(Parameter::name).toList();
    return "; there are " + String.join(", ", names) + (all.size() > 4 ? ", …" : "");
  }

  // ---- lifetime and printing ----

  /** Frees the parameters of this block and those below it, and their gradients. */
  @Override
  public void close() {
    parameters.values().forEach(Tensor::close);
    children.values().forEach(Block::close);
  }

  /** What kind of block this is, with the sizes that matter, as {@code Linear(384, 26)}. */
  protected String kind() {
    return getClass().getSimpleName();
  }

  /** The tree of blocks, one a line. */
  @Override
  public final String toString() {
    StringBuilder text = new StringBuilder();
    print("", text);
    return text.toString();
  }

  private void print(String indent, StringBuilder text) {
    text.append(kind());
    children.forEach(
        (name, child) -> {
          text.append('\n').append(indent).append("  ").append(name).append(": ");
          child.print(indent + "  ", text);
        });
  }
}
