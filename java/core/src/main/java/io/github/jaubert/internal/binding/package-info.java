/**
 * The C ABI of {@code native/include/jaubert} as Java sees it. {@code Kernels} is generated from
 * the headers in every build; {@link io.github.jaubert.internal.binding.NativeLibrary} loads what
 * is behind it. Nothing of this package is part of the public API.
 */
package io.github.jaubert.internal.binding;
