import { theme } from "./theme"; theme();
