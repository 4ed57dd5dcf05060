/** What is left of a type when its value is written as JSON: enumerations become their values. */
export type Json<T> = 0 extends 1 & T
  ? T
  : unknown extends T
    ? T
    : T extends string
      ? `${T}`
      : T extends number
        ? `${T}` extends `${infer N extends number}`
          ? N
          : never
        : T extends object
          ? { [K in keyof T]: Json<T[K]> }
          : T;

/** Options as they are saved: what is left out gets its default when Grafana loads them. */
export type Saved<T> = Partial<Json<T>>;
