function makeEffects() {}
