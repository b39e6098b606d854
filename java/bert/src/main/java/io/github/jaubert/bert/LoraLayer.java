package io.github.jaubert.bert;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Dropout;
import io.github.jaubert.nn.Init;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.nn.LinearAdapter;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;

/**
 * The low-rank adapters of one linear layer, by name, of which one or none is active. Their
 * parameters are called as in PEFT: {@code lora_A.default.weight [r, in]} and {@code
 * lora_B.default.weight [out, r]} below the name of the layer.
 */
final class LoraLayer extends LinearAdapter {
  /** What a parameter of an adapter has in its name. */
  static final String A = "lora_A";

  static final String B = "lora_B";

  private final Linear base;
  private final Named<Dropout> dropouts = add("lora_dropout", new Named<>());
  private final Named<Linear> down = add(A, new Named<>());
  private final Named<Linear> up = add(B, new Named<>());
  private final Map<String, Float> scalings = new HashMap<>();
  private String active; // null: none
  private float[] unmerged; // the weight without the adapter that was merged; null: none was

  /** Adapters of a layer, to which it is then attached; none yet. */
  LoraLayer(Linear base) {
    this.base = base;
  }

  /** Blocks by the names of adapters. */
  private static final class Named<B extends Block> extends Block {
    private final Map<String, B> blocks = new HashMap<>();

    void put(String name, B block) {
      blocks.put(name, add(name, block));
      if (!training()) {
        eval();
      }
    }

    B get(String name) {
      return blocks.get(name);
    }

    void delete(String name) {
      remove(name);
      blocks.remove(name).close();
    }

    @Override
    protected String kind() {
      return "Adapters";
    }
  }

  // ---- adapters ----

  /**
   * Adds one that changes nothing yet: A is uniform between ± 1/sqrt(in), which is PyTorch's
   * kaiming_uniform(a = sqrt(5)), and B is zero. Its parameters are frozen.
   */
  void put(String name, LoraConfig config) {
    long in = base.weight().size(1);
    long out = base.weight().size(0);
    dropouts.put(name, Dropout.of((float) config.loraDropout()));
    down.put(name, Linear.of(in, config.r(), false));
    up.put(name, Linear.of(Init.zeros(out, config.r()), null));
    for (Linear part : new Linear[] {down.get(name), up.get(name)}) {
      part.to(base.weight().device());
      part.weight().requiresGrad(false);
    }
    scalings.put(name, config.scaling());
  }

  /** Takes one out; it must not be active. */
  void delete(String name) {
    dropouts.delete(name);
    down.delete(name);
    up.delete(name);
    scalings.remove(name);
  }

  boolean has(String name) {
    return scalings.containsKey(name);
  }

  boolean isEmpty() {
    return scalings.isEmpty();
  }

  /** A of an adapter, {@code [r, in]}. */
  Tensor a(String name) {
    return down.get(name).weight();
  }

  /** B of an adapter, {@code [out, r]}. */
  Tensor b(String name) {
    return up.get(name).weight();
  }

  /** The one that computes; null, or one that this layer has not, for none. */
  void activate(String name) {
    active = has(name) ? name : null;
  }

  // ---- computing ----

  @Override
  public boolean isActive() {
    return active != null && unmerged == null;
  }

  /** The scale is applied where there are the fewest numbers. */
  @Override
  public Tensor forward(Tensor x) {
    Tensor low = down.get(active).forward(dropouts.get(active).forward(x));
    return up.get(active).forward(low.mul(scalings.get(active)).to(x.dtype()));
  }

  /** What an adapter adds to a weight: {@code scaling · B A}, {@code [out, in]}. */
  static Tensor change(Tensor a, Tensor b, float scaling) {
    return b.matmul(a).mul(scaling);
  }

  /** Puts the active adapter into the weight, which is kept. */
  void merge() {
    if (!isActive()) {
      return;
    }
    unmerged = base.weight().toFloats();
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      base.weight().copyFrom(base.weight().add(change(a(active), b(active), scalings.get(active))));
    }
  }

  /** Gives the weight the bits that it had. */
  void unmerge() {
    if (unmerged != null) {
      base.weight().copyFrom(unmerged);
      unmerged = null;
    }
  }

  /** Gives the layer back without adapters, merged or not. */
  void unload() {
    base.detach();
    close();
  }

  @Override
  protected String kind() {
    return "Lora(" + String.join(", ", scalings.keySet()) + ")";
  }
}
