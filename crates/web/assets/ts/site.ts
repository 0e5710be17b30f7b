// Small comforts on top of pages that are whole without them.
import { theme } from "./theme";
import { countdowns } from "./countdown";
import { copyButtons } from "./copy";
import { tickGroups } from "./tick";

theme();
countdowns();
copyButtons();
tickGroups();
