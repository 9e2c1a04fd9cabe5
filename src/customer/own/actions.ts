import type { Text } from '../../datamap/schema.js';

/**
 * What each command's words in the audit log mean to the person whom they concern: what was done, and for what
 * (C-579/21: dates and purposes of consultations are owed). An action without a text would be shown in English words
 * of a command.
 */
export const ACTIONS: Readonly<Record<string, Text>> = {
  'customer find': {
    lv: 'Meklēšana: kuri ieraksti attiecas uz personu, par kuru vērsās pie mums',
    en: 'Search: which records concern a person about whom we were contacted',
  },
  'customer export': { lv: 'Datu kopijas sagatavošana Jums', en: 'Preparing a copy of your data for you' },
  'customer export list': {
    lv: 'Datu kopiju sagatavošana vairākām personām, kuru vidū esat Jūs',
    en: 'Preparing copies of data for several people, you among them',
  },
  'customer review': {
    lv: 'Brīvo tekstu caurskatīšana pirms Jūsu datu kopijas izsniegšanas',
    en: 'Reading through free texts before the copy of your data is given',
  },
  'customer residue': {
    lv: 'Pārbaude, vai pēc dzēšanas nav palikuši Jūsu dati',
    en: 'Check whether any of your data is left after erasure',
  },
  'customer negative answer': {
    lv: 'Pārbaude, vai mums ir dati par Jums, lai atbildētu uz pieprasījumu',
    en: 'Check whether we hold data about you, to answer a request',
  },
  'customer rectify': { lv: 'Jūsu datu labošana', en: 'Correcting your data' },
  'customer erase': { lv: 'Jūsu datu dzēšana', en: 'Erasing your data' },
  'customer erase list': {
    lv: 'Vairāku personu datu dzēšana, to vidū Jūsu',
    en: 'Erasing the data of several people, yours among them',
  },
  'customer restrict': { lv: 'Jūsu datu apstrādes ierobežošana', en: 'Restricting the processing of your data' },
  'customer unrestrict': {
    lv: 'Jūsu datu apstrādes ierobežojuma atcelšana',
    en: 'Lifting the restriction of the processing of your data',
  },
  'customer unrestrict letter': {
    lv: 'Vēstules sagatavošana par ierobežojuma atcelšanu',
    en: 'Writing the letter about lifting the restriction',
  },
  'customer object': { lv: 'Jūsu iebilduma reģistrēšana', en: 'Registering your objection' },
  'consent import': {
    lv: 'Piekrišanu un atteikumu pārņemšana no faila',
    en: 'Taking consents and refusals over from a file',
  },
  'consent import check': {
    lv: 'Faila ar piekrišanām un atteikumiem pārbaude',
    en: 'Checking a file of consents and refusals',
  },
  'marketing audience': {
    lv: 'Atlase: kam drīkst sūtīt piedāvājumus',
    en: 'Selecting to whom offers may be sent',
  },
  'marketing explain': {
    lv: 'Noskaidrošana, vai un kāpēc Jums drīkst sūtīt piedāvājumus',
    en: 'Finding out whether and why offers may be sent to you',
  },
  'marketing recheck': {
    lv: 'Adresātu saraksta pārbaude pirms sūtīšanas',
    en: 'Checking a send list before it is used',
  },
  'marketing unsubscribe': {
    lv: 'Atteikšanos no ziņām, nepiegādātu vēstuļu un sūdzību reģistrēšana',
    en: 'Registering unsubscriptions, undelivered mail and complaints',
  },
  'customer erase certificate': {
    lv: 'Pārbaude, ka Jūsu dati ir dzēsti, un apliecinājums par to',
    en: 'Proving and certifying that your data are erased',
  },
  'consent record': {
    lv: 'Jūsu piekrišanas, atsaukuma vai iebilduma pierakstīšana',
    en: 'Recording your consent, its withdrawal or your objection',
  },
  'consent list': {
    lv: 'Piekrišanu saraksta sagatavošana',
    en: 'Listing who consented to what',
  },
  'consent history': {
    lv: 'Jūsu piekrišanu un atsaukumu vēstures apskatīšana',
    en: 'Looking at the history of your consents and withdrawals',
  },
  'consent proof': {
    lv: 'Apliecinājuma sagatavošana par Jūsu piekrišanu',
    en: 'Preparing the proof of your consent',
  },
  'consent wording add': {
    lv: 'Piekrišanas jautājuma teksta reģistrēšana',
    en: 'Registering the text of a question about consent',
  },
  'consent wording list': {
    lv: 'Piekrišanas jautājumu tekstu apskatīšana',
    en: 'Looking through the texts of questions about consent',
  },
  'hold place': {
    lv: 'Tiesas vai iestādes prasības saglabāt datus reģistrēšana',
    en: 'Registering an order of a court or an authority to keep data',
  },
  'hold release': { lv: 'Prasības saglabāt datus atcelšana', en: 'Releasing an order to keep data' },
  'hold list': { lv: 'Datu saglabāšanas prasību apskatīšana', en: 'Looking through the orders to keep data' },
  'agreement add': {
    lv: 'Līguma ar datu saņēmēju reģistrēšana',
    en: 'Registering an agreement with a recipient of data',
  },
  'agreement end': { lv: 'Līguma ar datu saņēmēju izbeigšana', en: 'Ending an agreement with a recipient of data' },
  'agreement list': {
    lv: 'Līgumu ar datu saņēmējiem apskatīšana',
    en: 'Looking through the agreements with recipients of data',
  },
  'disclose processor': {
    lv: 'Datu nodošana sadarbības partnerim pēc līguma',
    en: 'Giving data to a partner under an agreement',
  },
  'disclose consented': {
    lv: 'Datu nodošana saņēmējam, kuram piekritāt',
    en: 'Giving data to a recipient to whom you agreed',
  },
  'disclosure list': {
    lv: 'Datu izsniegšanas reģistra apskatīšana',
    en: 'Looking through the register of disclosures',
  },
  'disclosure show': {
    lv: 'Ieraksta apskatīšana datu izsniegšanas reģistrā',
    en: 'Looking at an entry in the register of disclosures',
  },
  'disclosure handover': {
    lv: 'Izsniegto datu nodošanas pierakstīšana',
    en: 'Recording how data that were given were handed over',
  },
  'disclosure notify': {
    lv: 'Paziņojumu sagatavošana saņēmējiem par labošanu, dzēšanu vai ierobežošanu',
    en: 'Writing to recipients about a correction, an erasure or a restriction',
  },
  'disclose court': { lv: 'Datu izsniegšana tiesai', en: 'Giving data to a court' },
  'disclose authority': { lv: 'Datu izsniegšana iestādei', en: 'Giving data to an authority' },
  'disclose plan': {
    lv: 'Noskaidrošana, kādi dati jāizsniedz tiesai vai iestādei',
    en: 'Finding out which data are to be given to a court or an authority',
  },
  'disclose review': {
    lv: 'Brīvo tekstu caurskatīšana pirms datu izsniegšanas tiesai vai iestādei',
    en: 'Reading through free texts before data are given to a court or an authority',
  },
  approve: {
    lv: 'Otra darbinieka piekrišana tam, kas ar Jūsu datiem jādara',
    en: 'A second employee agreeing to what is to be done with your data',
  },
  'key rotate': {
    lv: 'Pseidonīmu veidošanas slepenās atslēgas nomaiņa',
    en: 'Changing the secret key by which pseudonyms are made',
  },
  'restore replay': {
    lv: 'Datu bāze atjaunota no rezerves kopijas: iepriekš izdarītais ierakstīts no jauna',
    en: 'The database was restored from a backup: what had been done before was entered again',
  },
  'marketing insight': {
    lv: 'Klientu skaitīšana pa grupām; kopsavilkumā nav ziņu ne par vienu cilvēku',
    en: 'Counting customers by groups; the figures are about nobody',
  },
  'retention plan': {
    lv: 'Saskaitīšana: kuru ierakstu glabāšanas termiņš ir beidzies',
    en: 'Counting which records have reached the end of their period',
  },
  'retention approve': {
    lv: 'Vienošanās par datu glabāšanas termiņiem',
    en: 'Agreement on how long data is kept',
  },
  'retention run': {
    lv: 'Datu dzēšana pēc glabāšanas termiņa beigām; ar to pabeigta arī Jūsu datu dzēšana',
    en: 'Removing data at the end of its period; with it the erasure of your data was finished',
  },
  'retention report': {
    lv: 'Pārskata sagatavošana par dzēšanu pēc glabāšanas termiņiem; tajā nav ziņu ne par vienu cilvēku',
    en: 'Writing a report of what went when its period ended; it is about nobody',
  },
  'request open': { lv: 'Jūsu pieprasījuma reģistrēšana', en: 'Registering your request' },
  'request verify-identity': {
    lv: 'Identitātes pārbaude, lai atbildētu uz Jūsu pieprasījumu',
    en: 'Checking the identity, to answer your request',
  },
  'request show': {
    lv: 'Jūsu pieprasījuma apskatīšana, lai to izpildītu',
    en: 'Looking at your request, to deal with it',
  },
  'request extend': { lv: 'Jūsu pieprasījuma termiņa pagarināšana', en: 'Extending the period of your request' },
  'request letter': { lv: 'Vēstules sagatavošana par Jūsu pieprasījumu', en: 'Writing a letter about your request' },
  'request refuse': { lv: 'Atteikums izpildīt Jūsu pieprasījumu', en: 'Refusing your request' },
  'request close': { lv: 'Jūsu pieprasījuma slēgšana pēc atbildes', en: 'Closing your request after the answer' },
  'request list': { lv: 'Pieprasījumu reģistra apskatīšana', en: 'Looking through the register of requests' },
  'request due': { lv: 'Pieprasījumu termiņu pārbaude', en: 'Checking the deadlines of requests' },
};

/** How an operation ended. */
export const RESULTS: Readonly<Record<string, Text>> = {
  done: { lv: 'pabeigts', en: 'done' },
  refused: { lv: 'programma to nepieļāva', en: 'the program did not allow it' },
  failed: { lv: 'neizdevās', en: 'failed' },
  abandoned: { lv: 'tika pārtraukts', en: 'was cut short' },
  started: { lv: 'vēl nebija pabeigts', en: 'had not ended yet' },
};
