/**
 * The C ABI of {@code native/include/jaubert} as Java sees it, and the way to every native library.
 * {@code Kernels} is generated from the headers in every build; {@link
 * io.github.jaubert.internal.binding.NativeLibrary} loads what is behind it, and {@link
 * io.github.jaubert.internal.binding.NativeFiles} unpacks libraries, the tokenizer's and those for
 * GPUs too, to where no other user can exchange them. Nothing of this package is part of the public
 * API.
 */
package io.github.jaubert.internal.binding;
